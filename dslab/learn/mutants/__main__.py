"""Prints which instrument kills which mutant."""

from dslab.learn.mutants import table

if __name__ == "__main__":
    print(table())
