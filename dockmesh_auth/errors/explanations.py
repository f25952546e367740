"""Cause and remedy of every code: what the log, the command line and the documentation say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dockmesh_auth.errors.codes import ErrorCode as C

__all__ = ["EXPLANATIONS", "Explanation", "explain"]


class Explanation(NamedTuple):
    """One code in words.

    Attributes:
        cause: What happened, one sentence.
        remedy: What to do about it; names who does it where that is not the reader.
    """

    cause: str
    remedy: str


def explain(code: C) -> Explanation:
    """Cause and remedy of *code*. Every code has one."""
    return EXPLANATIONS[code]


EXPLANATIONS: Final[Mapping[C, Explanation]] = MappingProxyType(
    {
        C.CONFIG_FILE_UNREADABLE: Explanation(
            "The configuration file cannot be read.",
            "Check the path, that it is a file, and that this user may read it.",
        ),
        C.CONFIG_SYNTAX: Explanation(
            "The configuration file is not valid YAML.",
            "Look at this line and the one above: a tab, indentation, a colon without a space, an "
            "open quote or bracket.",
        ),
        C.CONFIG_UNKNOWN_KEY: Explanation(
            "The configuration has a key that means nothing.",
            "Correct the spelling or remove the key; `dockmesh-auth config schema` lists all keys.",
        ),
        C.CONFIG_MISSING_KEY: Explanation(
            "The configuration lacks a required key.",
            "Add the key that is named.",
        ),
        C.CONFIG_WRONG_TYPE: Explanation(
            "A value in the configuration has the wrong type.",
            "Write the type that is named; yes, no, on and off are text: write true or false.",
        ),
        C.CONFIG_INVALID_VALUE: Explanation(
            "A value in the configuration is not allowed.",
            "Write a value that the message allows.",
        ),
        C.CONFIG_DUPLICATE: Explanation(
            "Two entries of the configuration claim the same thing.",
            "Remove or rename one of the two places that are named.",
        ),
        C.CONFIG_SECRET_UNAVAILABLE: Explanation(
            "A secret that the configuration refers to cannot be had.",
            "Set the variable where this command runs, or put the secret alone into the file, as "
            "UTF-8 for this user only.",
        ),
        C.PLUGIN_NOT_INSTALLED: Explanation(
            "A provider names a plugin that is not installed.",
            "Install the plugin's distribution with pip, or correct the name.",
        ),
        C.PLUGIN_AMBIGUOUS: Explanation(
            "Two installed distributions claim the same plugin name.",
            "Uninstall one of the two distributions that are named.",
        ),
        C.PLUGIN_QUARANTINED: Explanation(
            "A provider needs a plugin that is in quarantine.",
            "See the plugin's own reason in `dockmesh-auth plugins --all`, and mend or update it.",
        ),
        C.ADDRESS_UNAVAILABLE: Explanation(
            "The address or port to listen on cannot be had.",
            "Stop what listens there, or choose another with `--host` and `--port`.",
        ),
        C.STORE_UNAVAILABLE: Explanation(
            "The database cannot be used at the moment.",
            "Check that `database.dsn` is right and that the database runs, has space and is not "
            "locked; nothing was half-written.",
        ),
        C.STORE_SCHEMA: Explanation(
            "The database was made by another version of dockmesh_auth.",
            "Start the version that made it, or let this version migrate it.",
        ),
        C.PLUGIN_IMPORT_FAILED: Explanation(
            "The plugin cannot be imported.",
            "Plugin's author: mend the import. Operator: install what it lacks, or update it.",
        ),
        C.PLUGIN_CONTRACT_VERSION: Explanation(
            "The plugin was written for another version of the hook contract.",
            "Install a version of the plugin that fits this host.",
        ),
        C.PLUGIN_BAD_DESCRIPTION: Explanation(
            "The plugin does not describe itself as the contract asks.",
            "Plugin's author: return a PluginDescription from dockmesh_auth_describe.",
        ),
        C.PLUGIN_BAD_HOOK: Explanation(
            "The plugin implements a hook that does not exist or may not be implemented so.",
            "Plugin's author: compare name, arguments and options with hookspecs.py.",
        ),
        C.PLUGIN_RAISED: Explanation(
            "A hook of the plugin raised an unexpected exception.",
            "Plugin's author: mend it; only errors of dockmesh_auth.errors may leave a hook.",
        ),
        C.PLUGIN_WRONG_TYPE: Explanation(
            "A hook of the plugin answered with a value of the wrong type.",
            "Plugin's author: return the type of the hook's signature, or None.",
        ),
        C.PLUGIN_DEADLINE: Explanation(
            "A hook of the plugin did not answer in time.",
            "Plugin's author: never block; use the fetch argument for input and output.",
        ),
        C.PLUGIN_BAD_REQUEST: Explanation(
            "A plugin asked for a request that must not be sent.",
            "Plugin's author: mend the method, the headers or the use of the access token.",
        ),
        C.PLUGIN_UNMAPPED_GRANT: Explanation(
            "The plugin granted something that no row of the group mappings gives.",
            "Plugin's author: take grants from the provider's mappings only.",
        ),
        C.PLUGIN_FOREIGN_IDENTITY: Explanation(
            "The plugin answered for another issuer or subject than the verified token's.",
            "Plugin's author: return the claims that the verifier gave.",
        ),
        C.PROVIDER_UNREACHABLE: Explanation(
            "The identity provider cannot be reached.",
            "Check name resolution, address, port and firewall between this host and it.",
        ),
        C.PROVIDER_TIMEOUT: Explanation(
            "The identity provider did not answer within the time limit.",
            "Check the provider's load and the network; the limit is the provider's `timeout`.",
        ),
        C.PROVIDER_TLS: Explanation(
            "No trusted TLS connection to the identity provider could be made.",
            "Check that this port speaks TLS, and its certificate; name a private authority's "
            "file as `ca_file`.",
        ),
        C.PROVIDER_ADDRESS_REFUSED: Explanation(
            "An address of the identity provider is not one that this host may connect to.",
            "If the provider really is on a private network, set `allow_private_addresses: true`.",
        ),
        C.PROVIDER_STATUS: Explanation(
            "The identity provider answered with an unexpected HTTP status.",
            "With 404 mostly `issuer_url` is wrong or a slug was renamed; for 500 and above see "
            "the provider's own log.",
        ),
        C.PROVIDER_REDIRECT: Explanation(
            "The identity provider answered with a redirect, which is never followed.",
            "Configure the final address: mostly https instead of http, or a missing slash.",
        ),
        C.PROVIDER_ANSWER_TOO_LARGE: Explanation(
            "An answer of the identity provider is larger than the limit.",
            "Check that the address is the provider's; the limit guards this host's memory.",
        ),
        C.PROVIDER_ANSWER_MALFORMED: Explanation(
            "An answer of the identity provider is not the JSON that was expected.",
            "Check that the address is the provider's and not a login or proxy page.",
        ),
        C.DISCOVERY_ISSUER_MISMATCH: Explanation(
            "The discovery document names another issuer than the configuration.",
            "Copy the document's issuer into `issuer_url` exactly; the trailing slash counts.",
        ),
        C.DISCOVERY_INCOMPLETE: Explanation(
            "The discovery document lacks a required member.",
            "Check that the address is an OpenID provider's; update the provider.",
        ),
        C.DISCOVERY_UNSAFE_ENDPOINT: Explanation(
            "The discovery document names an endpoint that is not safe to call.",
            "If the endpoint's host is right, add it to the provider's `allowed_hosts`.",
        ),
        C.DISCOVERY_UNSUPPORTED: Explanation(
            "The identity provider does not offer what the configuration asks for.",
            "Change the setting that is named, at the provider or here.",
        ),
        C.JWKS_MALFORMED: Explanation(
            "The provider's key set cannot be used.",
            "Check the provider's signing key; see the message for what is wrong with the set.",
        ),
        C.CLIENT_REJECTED: Explanation(
            "The identity provider does not accept this client's id, secret or redirect URI.",
            "Compare client_id, client_secret and the registered redirect URI, letter by letter.",
        ),
        C.TOKEN_ENDPOINT_ERROR: Explanation(
            "The token endpoint answered with an error.",
            "See the error's name in the message and the provider's own log.",
        ),
        C.TOKEN_ANSWER_MALFORMED: Explanation(
            "The token endpoint's answer breaks RFC 6749, section 5.1.",
            "Check the provider's version and log.",
        ),
        C.SCOPE_NOT_GRANTED: Explanation(
            "The identity provider did not grant the scope openid.",
            "Allow this client the scope `openid` at the provider, and keep it in `scopes`.",
        ),
        C.USERINFO_FAILED: Explanation(
            "The userinfo endpoint did not give the claims that were needed.",
            "Let the provider put the groups into the ID token, or mend its userinfo endpoint.",
        ),
        C.PROVIDER_UNKNOWN: Explanation(
            "There is no enabled provider of that name.",
            "Start again from the login page.",
        ),
        C.RESPONSE_MALFORMED: Explanation(
            "The answer that the browser brought back is malformed.",
            "Start again from the login page.",
        ),
        C.RESPONSE_REPEATED_PARAMETER: Explanation(
            "The answer that the browser brought back repeats a parameter.",
            "Start again from the login page.",
        ),
        C.STATE_MISSING: Explanation(
            "The answer that the browser brought back has no state.",
            "Start again from the login page.",
        ),
        C.STATE_UNKNOWN: Explanation(
            "The sign-in is not known here, or was already finished.",
            "Start again from the login page; do not use the back button to return to it.",
        ),
        C.STATE_EXPIRED: Explanation(
            "The sign-in was started more than ten minutes ago.",
            "Start again from the login page.",
        ),
        C.STATE_OTHER_BROWSER: Explanation(
            "The sign-in began in another browser, is finished already, or cookies are blocked.",
            "Start again in the browser you want to use, with cookies allowed.",
        ),
        C.STATE_OTHER_PROVIDER: Explanation(
            "The answer came to the callback of another provider than the sign-in began with.",
            "Start again; if it happens again, report it: it may be an attack.",
        ),
        C.RESPONSE_ISSUER_MISMATCH: Explanation(
            "The answer names another issuer than the provider the sign-in began with.",
            "Start again; if it happens again, report it: it may be a mix-up attack.",
        ),
        C.RESPONSE_MODE_MISMATCH: Explanation(
            "The answer came by another HTTP method than was asked for.",
            "Start again; check `response_mode` if it happens again.",
        ),
        C.PROVIDER_REFUSED: Explanation(
            "The identity provider ended the sign-in with an error.",
            "See the error's name in the log; access_denied means that the person cancelled.",
        ),
        C.CODE_MISSING: Explanation(
            "The answer that the browser brought back has no authorization code.",
            "Start again from the login page.",
        ),
        C.CODE_REJECTED: Explanation(
            "The identity provider does not accept the authorization code.",
            "Start again; codes live for about a minute and work once.",
        ),
        C.ID_TOKEN_MISSING: Explanation(
            "The provider's answer has no ID token.",
            "Check that the scope `openid` is configured and offered by the provider.",
        ),
        C.TOKEN_MALFORMED: Explanation(
            "The token is not a well-formed signed token.",
            "Check the provider's version and log.",
        ),
        C.TOKEN_TOO_LARGE: Explanation(
            "The token is larger than the limit.",
            "Let the provider send fewer groups, only those that are mapped.",
        ),
        C.TOKEN_ENCRYPTED: Explanation(
            "The token is encrypted and there is no key here to open it.",
            "Remove the encryption key at the provider, or configure `decryption_key`.",
        ),
        C.TOKEN_DECRYPTION_FAILED: Explanation(
            "The token is encrypted and none of the keys here opens it.",
            "Compare the provider's encryption key with `decryption_key`.",
        ),
        C.ALGORITHM_NOT_ALLOWED: Explanation(
            "The token is signed with an algorithm that the configuration does not allow.",
            "Choose another signing key at the provider, or extend `id_token_algorithms`.",
        ),
        C.NO_SIGNING_KEY: Explanation(
            "The provider signs with the client secret: it has no signing key selected.",
            "Select a signing key in the provider's settings.",
        ),
        C.HEADER_REFUSED: Explanation(
            "The token's header has a parameter that must not be accepted.",
            "Check the provider's version; this may be a forgery.",
        ),
        C.KEY_UNKNOWN: Explanation(
            "The token is signed with a key that the provider does not publish.",
            "Try again in a minute; then compare the provider's certificate and key set.",
        ),
        C.KEY_AMBIGUOUS: Explanation(
            "The token names no key, and several published keys fit.",
            "Let the provider put a `kid` into its tokens.",
        ),
        C.SIGNATURE_INVALID: Explanation(
            "The token's signature is wrong.",
            "Try again; if it stays, compare the provider's key set with its certificate.",
        ),
        C.TOKEN_KIND_WRONG: Explanation(
            "The token is of another kind than an ID token.",
            "Check the provider's configuration; this may be a forgery.",
        ),
        C.CLAIM_MISSING: Explanation(
            "The token lacks a required claim.",
            "Check the provider's claim settings.",
        ),
        C.CLAIM_MALFORMED: Explanation(
            "A claim of the token has the wrong type or an impossible value.",
            "Check the provider's claim mappings.",
        ),
        C.ISSUER_MISMATCH: Explanation(
            "The token was issued by another issuer.",
            "Check that all traffic to the provider uses one and the same host name.",
        ),
        C.AUDIENCE_MISMATCH: Explanation(
            "The token was issued for another client.",
            "Compare the client id here with the provider's.",
        ),
        C.AUDIENCE_UNTRUSTED: Explanation(
            "The token is also meant for a client that is not trusted here.",
            "List that client in `trusted_audiences` if it really may share tokens.",
        ),
        C.AUTHORIZED_PARTY_MISMATCH: Explanation(
            "The token was issued to another client (azp).",
            "Compare the client id here with the provider's.",
        ),
        C.TOKEN_EXPIRED: Explanation(
            "The token has expired.",
            "Compare the clocks of this host and of the provider.",
        ),
        C.TOKEN_NOT_YET_VALID: Explanation(
            "The token is dated in the future.",
            "Compare the clocks of this host and of the provider.",
        ),
        C.NONCE_MISMATCH: Explanation(
            "The token belongs to another sign-in.",
            "Start again from the login page; if it happens again, report it.",
        ),
        C.ACCESS_TOKEN_HASH_MISMATCH: Explanation(
            "The access token does not belong to the ID token.",
            "Start again; if it happens again, report it.",
        ),
        C.AUTHENTICATION_TOO_OLD: Explanation(
            "The person signed in at the provider longer ago than `max_age` allows.",
            "Sign in at the provider again.",
        ),
        C.USERINFO_SUBJECT_MISMATCH: Explanation(
            "The userinfo endpoint answered for another person than the ID token.",
            "Report it to the provider's administrator; nothing of it was used.",
        ),
        C.SUBJECT_UNEXPECTED: Explanation(
            "The subject does not have the form that the configured subject mode gives.",
            "Put the provider's subject mode back, or change `subject_mode` knowingly.",
        ),
        C.GROUPS_ABSENT: Explanation(
            "The provider did not say which groups the person is in.",
            "Compare `scopes` and `groups_claim` with what is sent; a provider must send the "
            "claim also when it is empty.",
        ),
        C.GROUPS_MALFORMED: Explanation(
            "The groups claim is not a list of names.",
            "Provider's administrator: let the mapping return a list of strings.",
        ),
        C.GROUPS_OVERAGE: Explanation(
            "The person is in more groups than the provider sends.",
            "Send only the groups that are mapped, or use a plugin that fetches the rest.",
        ),
        C.NO_ROLE: Explanation(
            "None of the person's groups is mapped to a role.",
            "Add the person to a mapped group, or add a row to `group_mappings`.",
        ),
        C.USER_DISABLED: Explanation(
            "The person's account is disabled here.",
            "Ask a dockmesh administrator to enable it.",
        ),
        C.PLUGIN_DENIED: Explanation(
            "The provider's plugin does not let this person in.",
            "See the reason in the message.",
        ),
    }
)
