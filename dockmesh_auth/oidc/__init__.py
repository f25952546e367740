"""OpenID Connect, one module per specification. Knows no plugin and no store."""
