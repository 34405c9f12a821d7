"""A Label Studio on this machine for trying things out: installation, server, credentials."""
