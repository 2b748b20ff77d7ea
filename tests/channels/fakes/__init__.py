"""Providers of our own: small servers that speak each provider's wire format and keep books that our tests compare with ours."""
