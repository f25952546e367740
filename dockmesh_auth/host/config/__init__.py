"""dockmesh.yaml."""
