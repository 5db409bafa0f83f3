"""What is left to mitmproxy, and what is not: the parts of `capture/mitm.py`.

mitmproxy takes connections (as a proxy, from a process, from a tunnel), reads `CONNECT` and opens TLS. Behind that,
every HTTP/1.1 connection is handed to a layer of ours, which forwards bytes and gives a copy to the tap, as the relay
does.

`mode`, `plan`, `scope` and `track` need no mitmproxy; the other modules import it, and are imported on first use alone.
"""
