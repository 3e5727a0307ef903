from dslab_page.shell import InteractiveShell  # noqa: F401
