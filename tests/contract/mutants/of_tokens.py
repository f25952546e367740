"""Plugins that validate an ID token themselves and get it wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from dockmesh_auth import Claims, TokenRejected
from tests.contract.mutants.families import STRICT
from tests.contract.mutants.mutant import instead, wrong


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def unverified(tokens):
    """Header and claims of an ID token that nobody has verified."""
    header, payload, _ = tokens.id_token.reveal().split(".")
    claims = decoded(payload)
    claims.pop("at_hash", None)  # to compare it, the verifier opens the token itself
    return decoded(header), claims


def opens_unverified_if(plugin, condition):
    right = plugin.open_token

    @instead(plugin)
    def open_token(provider, verifier, tokens):
        header, claims = unverified(tokens)
        return claims if condition(header) else right(provider, verifier, tokens)


# --- signatures --------------------------------------------------------------------------------


@wrong(STRICT, "alg-none")
def accepts_alg_none(plugin):
    opens_unverified_if(plugin, lambda header: header.get("alg") == "none")


@wrong(STRICT, "alg-None")
def accepts_alg_none_in_any_case(plugin):
    opens_unverified_if(plugin, lambda header: str(header.get("alg")).lower() == "none")


@wrong(STRICT, "key-inside")
def trusts_the_key_in_the_header(plugin):
    opens_unverified_if(plugin, lambda header: "jwk" in header)


@wrong(STRICT, "jku")
def fetches_the_key_from_where_the_header_says(plugin):
    opens_unverified_if(plugin, lambda header: "jku" in header)


@wrong(STRICT, "public-key-as-secret")
def verifies_with_whatever_algorithm_the_header_says(plugin):
    opens_unverified_if(plugin, lambda header: str(header.get("alg")).startswith("HS"))


@wrong(STRICT, "client-secret-as-key")
def takes_tokens_signed_with_the_client_secret(plugin):
    right = plugin.open_token

    @instead(plugin)
    def open_token(provider, verifier, tokens):
        header, claims = unverified(tokens)
        signed, _, signature = tokens.id_token.reveal().rpartition(".")
        key = provider.client_secret.reveal().encode()
        digest = hmac.digest(key, signed.encode(), hashlib.sha512)
        if header.get("alg") == "HS512" and base64.urlsafe_b64encode(digest).rstrip(b"=") == (
            signature.encode()
        ):
            return claims
        return right(provider, verifier, tokens)


@wrong(STRICT, "invalid-sig")
def never_looks_at_the_signature(plugin):
    @instead(plugin)
    def open_token(provider, verifier, tokens):
        return unverified(tokens)[1]


@wrong(STRICT, "crit")
def believes_everything_that_can_be_decoded(plugin):
    """The token endpoint was asked over TLS, so why verify anything?"""

    @instead(plugin)
    def dockmesh_auth_validate_token(provider, tokens):
        claims = unverified(tokens)[1]
        return Claims(claims, issuer=provider.issuer, subject=str(claims["sub"]))


@wrong(STRICT, "not-a-token")
def fails_on_what_is_no_token(plugin):
    @instead(plugin)
    def open_token(provider, verifier, tokens):
        unverified(tokens)
        return verifier.open(tokens.id_token)


@wrong(STRICT, "keys-may-change")
def keeps_the_first_keys_for_ever(plugin):
    kept = []

    @instead(plugin)
    def open_token(provider, verifier, tokens):
        kept.append(verifier)
        return kept[0].open(tokens.id_token)


# --- claims ------------------------------------------------------------------------------------


@wrong(STRICT, "invalid-aud")
def ignores_the_audience(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        pass


@wrong(STRICT, "invalid-aud")
def says_denied_and_not_why(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        if claims.get("aud") not in (provider.client_id, [provider.client_id]):
            raise plugin.AccessDenied(plugin.ErrorCode.PLUGIN_DENIED)


@wrong(STRICT, "aud-with-our-name-inside")
def looks_for_its_name_in_the_audience(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        if provider.client_id not in str(claims["aud"]):
            raise TokenRejected(plugin.ErrorCode.AUDIENCE_MISMATCH)


@wrong(STRICT, "untrusted-aud")
def takes_a_token_that_is_for_others_as_well(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if not isinstance(audiences, list) or provider.client_id not in audiences:
            raise TokenRejected(plugin.ErrorCode.AUDIENCE_MISMATCH)


@wrong(STRICT, "other-azp")
def ignores_whom_the_token_was_issued_to(plugin):
    @instead(plugin)
    def check_party(provider, claims):
        pass


@wrong(STRICT, "invalid-iss")
def ignores_the_issuer(plugin):
    @instead(plugin)
    def check_issuer(provider, claims):
        pass


@wrong(STRICT, "iss-with-other-slash")
def compares_the_issuer_without_its_slash(plugin):
    @instead(plugin)
    def check_issuer(provider, claims):
        if str(claims.get("iss")).rstrip("/") != provider.issuer.rstrip("/"):
            raise TokenRejected(plugin.ErrorCode.ISSUER_MISMATCH)


@wrong(STRICT, "iss-with-other-case")
def compares_the_issuer_without_its_case(plugin):
    @instead(plugin)
    def check_issuer(provider, claims):
        if str(claims.get("iss")).casefold() != provider.issuer.casefold():
            raise TokenRejected(plugin.ErrorCode.ISSUER_MISMATCH)


@wrong(STRICT, "expired")
def ignores_the_end(plugin):
    @instead(plugin)
    def check_end(claims, earliest):
        plugin.seconds(claims, "exp")


@wrong(STRICT, "missing-exp")
def takes_a_token_without_an_end(plugin):
    right = plugin.check_end

    @instead(plugin)
    def check_end(claims, earliest):
        if "exp" in claims:
            right(claims, earliest)


@wrong(STRICT, "text-as-exp")
def reads_times_from_texts(plugin):
    @instead(plugin)
    def seconds(claims, name):
        try:
            return int(claims[name])
        except (KeyError, ValueError, TypeError):
            raise TokenRejected(plugin.ErrorCode.CLAIM_MALFORMED) from None


@wrong(STRICT, "true-as-exp")
def takes_true_for_a_number(plugin):
    @instead(plugin)
    def check_end(claims, earliest):
        value = claims.get("exp")
        if not isinstance(value, int) or (not isinstance(value, bool) and value <= earliest):
            raise TokenRejected(plugin.ErrorCode.TOKEN_EXPIRED)


@wrong(STRICT, "exp-in-the-far-future")
def takes_any_end(plugin):
    @instead(plugin)
    def check_end(claims, earliest):
        if plugin.seconds(claims, "exp") <= earliest:
            raise TokenRejected(plugin.ErrorCode.TOKEN_EXPIRED)


@wrong(STRICT, "issued-in-the-future")
def ignores_the_beginning(plugin):
    @instead(plugin)
    def check_beginning(claims, latest):
        pass


@wrong(STRICT, "not-yet-valid")
def ignores_not_before(plugin):
    @instead(plugin)
    def check_beginning(claims, latest):
        if plugin.seconds(claims, "iat") > latest:
            raise TokenRejected(plugin.ErrorCode.TOKEN_EXPIRED)


@wrong(STRICT, "missing-iat")
def fails_on_a_claim_that_is_missing(plugin):
    @instead(plugin)
    def check_beginning(claims, latest):
        if claims["iat"] > latest or claims.get("nbf", 0) > latest:
            raise TokenRejected(plugin.ErrorCode.TOKEN_EXPIRED)


@wrong(STRICT, "nonce-invalid")
def ignores_the_nonce(plugin):
    @instead(plugin)
    def check_nonce(claims, nonce):
        pass


@wrong(STRICT, "missing-nonce")
def takes_a_token_without_a_nonce(plugin):
    @instead(plugin)
    def check_nonce(claims, nonce):
        if claims.get("nonce") and claims["nonce"] != nonce:
            raise TokenRejected(plugin.ErrorCode.NONCE_MISMATCH)


@wrong(STRICT, "nonce-in-a-list")
def looks_for_the_nonce_inside(plugin):
    @instead(plugin)
    def check_nonce(claims, nonce):
        if nonce not in (claims.get("nonce") or ""):
            raise TokenRejected(plugin.ErrorCode.NONCE_MISMATCH)


@wrong(STRICT, "wrong-at-hash")
def ignores_the_access_tokens_digest(plugin):
    @instead(plugin)
    def check_access_token(verifier, tokens, claims):
        pass


@wrong(STRICT, "logout-token")
def takes_a_logout_token(plugin):
    @instead(plugin)
    def check_kind(claims):
        pass


@wrong(STRICT, "number-as-sub")
def makes_a_text_of_the_subject(plugin):
    @instead(plugin)
    def check_subject(claims):
        pass

    @instead(plugin)
    def vouched(claims, tokens):
        return Claims(claims, issuer=claims["iss"], subject=str(claims["sub"]))


@wrong(STRICT, "invisible-sub")
def tidies_the_subject(plugin):
    @instead(plugin)
    def check_subject(claims):
        pass

    @instead(plugin)
    def vouched(claims, tokens):
        subject = "".join(filter(str.isprintable, str(claims.get("sub"))))
        return Claims(claims, issuer=claims["iss"], subject=subject)


@wrong(STRICT, "no-id-token-no-entry")
def makes_do_without_an_id_token(plugin):
    right = plugin.dockmesh_auth_validate_token

    @instead(plugin)
    def dockmesh_auth_validate_token(provider, verifier, tokens, expected):
        if tokens.id_token is None:
            return Claims({}, issuer=provider.issuer, subject="the-holder-of-the-access-token")
        return right(provider, verifier, tokens, expected)


@wrong(STRICT, "the-person-is-let-in")
def lets_nobody_in(plugin):
    @instead(plugin)
    def check_audience(provider, claims):
        if claims.get("aud") != [provider.client_id]:
            raise TokenRejected(plugin.ErrorCode.AUDIENCE_MISMATCH)
