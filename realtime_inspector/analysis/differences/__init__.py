"""What `diff.py` compares two sessions by.

    told           one session as it is compared: its turns, and the settings in force at each moment
    alignment      which turn of one is which of the other; words that differ
    values         JSON values that differ, by path
    conversation   what differs in what was said and done
    figures        waits and costs side by side, and what may be slower or dearer
    difference     one difference

Ids, times and audio of two sessions are never the same, and are not compared.
"""
