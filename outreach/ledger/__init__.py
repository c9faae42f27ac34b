"""What stands over several packages: the standing per gemeente, its timeline, search."""
