"""A file a command: `command` in `check_notebook.py` is `dslab check-notebook`. Its function
returns the exit code.
"""
