"""Grading from a shell: a submission runs in a process of its own, the grader stays outside."""
