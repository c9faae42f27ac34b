"""The coordinators' office, under /kantoor. Every view names the role it needs."""
