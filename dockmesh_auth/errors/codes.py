"""The stable code of every error, grouped by the branch that carries it.

A code is never renamed or reused. New ones are added; what they mean and what to do about them
stands in `dockmesh_auth.errors.explanations` and in docs/reference/errors.md.
"""

# ruff: noqa: S105 - the codes name tokens and secrets, they hold none

from __future__ import annotations

from enum import StrEnum, unique

__all__ = ["ErrorCode"]


@unique
class ErrorCode(StrEnum):
    """What happened, as one stable word."""

    # ConfigurationError
    CONFIG_FILE_UNREADABLE = "config_file_unreadable"
    CONFIG_SYNTAX = "config_syntax"
    CONFIG_UNKNOWN_KEY = "config_unknown_key"
    CONFIG_MISSING_KEY = "config_missing_key"
    CONFIG_WRONG_TYPE = "config_wrong_type"
    CONFIG_INVALID_VALUE = "config_invalid_value"
    CONFIG_DUPLICATE = "config_duplicate"
    CONFIG_SECRET_UNAVAILABLE = "config_secret_unavailable"
    PLUGIN_NOT_INSTALLED = "plugin_not_installed"
    PLUGIN_AMBIGUOUS = "plugin_ambiguous"
    PLUGIN_QUARANTINED = "plugin_quarantined"
    ADDRESS_UNAVAILABLE = "address_unavailable"

    # StorageError
    STORE_UNAVAILABLE = "store_unavailable"
    STORE_SCHEMA = "store_schema"

    # PluginError
    PLUGIN_IMPORT_FAILED = "plugin_import_failed"
    PLUGIN_CONTRACT_VERSION = "plugin_contract_version"
    PLUGIN_BAD_DESCRIPTION = "plugin_bad_description"
    PLUGIN_BAD_HOOK = "plugin_bad_hook"
    PLUGIN_RAISED = "plugin_raised"
    PLUGIN_WRONG_TYPE = "plugin_wrong_type"
    PLUGIN_DEADLINE = "plugin_deadline"
    PLUGIN_BAD_REQUEST = "plugin_bad_request"
    PLUGIN_UNMAPPED_GRANT = "plugin_unmapped_grant"
    PLUGIN_FOREIGN_IDENTITY = "plugin_foreign_identity"
    PLUGIN_UNDER_TEST = "plugin_under_test"

    # ProviderError
    PROVIDER_UNREACHABLE = "provider_unreachable"
    PROVIDER_TIMEOUT = "provider_timeout"
    PROVIDER_TLS = "provider_tls"
    PROVIDER_ADDRESS_REFUSED = "provider_address_refused"
    PROVIDER_STATUS = "provider_status"
    PROVIDER_RATE_LIMITED = "provider_rate_limited"
    PROVIDER_REDIRECT = "provider_redirect"
    PROVIDER_ANSWER_TOO_LARGE = "provider_answer_too_large"
    PROVIDER_ANSWER_MALFORMED = "provider_answer_malformed"
    DISCOVERY_ISSUER_MISMATCH = "discovery_issuer_mismatch"
    DISCOVERY_INCOMPLETE = "discovery_incomplete"
    DISCOVERY_UNSAFE_ENDPOINT = "discovery_unsafe_endpoint"
    DISCOVERY_UNSUPPORTED = "discovery_unsupported"
    JWKS_MALFORMED = "jwks_malformed"
    CLIENT_REJECTED = "client_rejected"
    PUSHED_REQUEST_REFUSED = "pushed_request_refused"
    TOKEN_ENDPOINT_ERROR = "token_endpoint_error"
    TOKEN_ANSWER_MALFORMED = "token_answer_malformed"
    SCOPE_NOT_GRANTED = "scope_not_granted"
    USERINFO_FAILED = "userinfo_failed"

    # SignInRejected
    PROVIDER_UNKNOWN = "provider_unknown"
    RESPONSE_MALFORMED = "response_malformed"
    RESPONSE_REPEATED_PARAMETER = "response_repeated_parameter"
    STATE_MISSING = "state_missing"
    STATE_UNKNOWN = "state_unknown"
    STATE_EXPIRED = "state_expired"
    STATE_OTHER_BROWSER = "state_other_browser"
    STATE_OTHER_PROVIDER = "state_other_provider"
    RESPONSE_ISSUER_MISMATCH = "response_issuer_mismatch"
    RESPONSE_MODE_MISMATCH = "response_mode_mismatch"
    PROVIDER_REFUSED = "provider_refused"
    CODE_MISSING = "code_missing"
    CODE_REJECTED = "code_rejected"

    # TokenRejected
    ID_TOKEN_MISSING = "id_token_missing"
    TOKEN_MALFORMED = "token_malformed"
    TOKEN_TOO_LARGE = "token_too_large"
    TOKEN_ENCRYPTED = "token_encrypted"
    TOKEN_DECRYPTION_FAILED = "token_decryption_failed"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    NO_SIGNING_KEY = "no_signing_key"
    HEADER_REFUSED = "header_refused"
    KEY_UNKNOWN = "key_unknown"
    KEY_AMBIGUOUS = "key_ambiguous"
    SIGNATURE_INVALID = "signature_invalid"
    TOKEN_KIND_WRONG = "token_kind_wrong"
    CLAIM_MISSING = "claim_missing"
    CLAIM_MALFORMED = "claim_malformed"
    ISSUER_MISMATCH = "issuer_mismatch"
    AUDIENCE_MISMATCH = "audience_mismatch"
    AUDIENCE_UNTRUSTED = "audience_untrusted"
    AUTHORIZED_PARTY_MISMATCH = "authorized_party_mismatch"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"
    NONCE_MISMATCH = "nonce_mismatch"
    ACCESS_TOKEN_HASH_MISMATCH = "access_token_hash_mismatch"
    AUTHENTICATION_TOO_OLD = "authentication_too_old"
    USERINFO_SUBJECT_MISMATCH = "userinfo_subject_mismatch"
    SUBJECT_UNEXPECTED = "subject_unexpected"

    # AccessDenied
    GROUPS_ABSENT = "groups_absent"
    GROUPS_MALFORMED = "groups_malformed"
    GROUPS_OVERAGE = "groups_overage"
    NO_ROLE = "no_role"
    USER_DISABLED = "user_disabled"
    PLUGIN_DENIED = "plugin_denied"
