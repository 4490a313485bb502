"""What each method of the client asks and what it makes of the answer, by noun.

No module here bears the name of a method, so that the client can list both side by side.
"""
