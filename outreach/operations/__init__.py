"""What keeps an installation in order: backups and their return, and a look at its health."""
