"""The laboratory in a browser: pages over a workspace of protocol files and run folders.

The files are the only state. Pages read them; actions write protocol files and start the same commands that a reader
would type. Needs the extra ``lab``.
"""
