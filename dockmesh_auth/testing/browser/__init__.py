"""A small browser that a program clicks through: for `demo --walk` and for scenario tests.

It has what a sign-in needs of a real one: cookies by host and path (shared among ports, as real
browsers do), redirects followed one by one, forms and links by their text, pages that submit
themselves. It runs no scripts and is for loopback addresses only.
"""

from dockmesh_auth.testing.browser.browser import Browser, Page, Visit
from dockmesh_auth.testing.browser.cookies import Cookie
from dockmesh_auth.testing.browser.reader import Form, Link

__all__ = ["Browser", "Cookie", "Form", "Link", "Page", "Visit"]
