"""The host: plugins, configuration, and the path of a sign-in.

Nothing is imported here: `dockmesh_auth` re-exports what applications use.
"""
