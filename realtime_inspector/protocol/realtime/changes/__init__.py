"""What each event changes in a session's state, one module a subject.

Handlers take a `State` and an `Event`, read the body through `values`, and never raise. `../session.py` says which
event goes to which.
"""
