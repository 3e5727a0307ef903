"""The command line. It needs click, which nothing else of dslab does.

    commands/   a file a command, found by itself: `run.py` holds `command`, which is `dslab run`
    program     the group of them all, and how each way to end becomes an exit code
    process     what a process has beside: streams of any encoding that may be closed or full
    options     numbers with bounds, names that are known, --json
    files       what stands in a file or on standard input, and files written whole
    clusters    node classes and values as words of a shell

A command's module imports click and this folder, and the rest of dslab in its function: so
`dslab --help` loads no simulator. Its function returns the exit code:

    0    it holds, or it is done
    1    it is violated, or not all is solved
    2    anything else: bad usage or input, undecided within the budget, no answer, a full disk, a
         bug; one sentence on standard error says what
    130  interrupted from the keyboard
"""
