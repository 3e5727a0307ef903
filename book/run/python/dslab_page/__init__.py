"""Runs a chapter's cells in the reader's browser, as a Jupyter kernel would, in a few modules that
load at once.

run        compiles and runs a cell, and says how it ended
output     what a cell prints and shows, within limits
errors     tracebacks of the reader's own lines
elsewhere  what a page can't do, each refusal in a sentence
shell      what libraries ask of IPython
comms      ipywidgets and anywidget
"""
