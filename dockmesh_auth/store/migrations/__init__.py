"""The history of the schema, run by `dockmesh_auth.store.migrate`."""
