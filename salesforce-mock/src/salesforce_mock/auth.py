"""Login by client credentials and by a signed assertion, and the tokens that come of it."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
_LONGEST = 5 * 60 + 30  # seconds that an assertion may be good for, and what clocks may differ


class LoginError(Exception):
    """A refused login: `{"error": …, "error_description": …}` with status 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass
class Auth:
    """The one client and the one user of the org, and the sessions that are open."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    clock: Callable[[], float]
    idle_seconds: float = 7200.0
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048), repr=False)
    _sessions: dict[str, float] = field(default_factory=dict, repr=False)

    def private_key(self) -> bytes:
        """Return the key that assertions have to be signed with, as PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def login(self, form: Mapping[str, str], authorization: str, host: str) -> str:
        """Return a new token for a request of one.

        Args:
            form: the fields of the body.
            authorization: the header of that name, or nothing.
            host: the address at which the request came, which is an audience too.

        Raises:
            LoginError: it is refused, in Salesforce's words.
        """
        grant = form.get("grant_type")
        if grant == "client_credentials":
            self._check_client(form, authorization)
        elif grant == JWT_BEARER:
            self._check_assertion(form.get("assertion", ""), host)
        elif grant == "password":
            raise LoginError("invalid_grant", "authentication failure")
        else:
            raise LoginError("unsupported_grant_type", "grant type not supported")
        token = f"00D990000000001!{secrets.token_urlsafe(48)}"
        self._sessions[token] = self.clock()
        return token

    def accepts(self, authorization: str) -> bool:
        """Tell whether a request's Authorization has the token of a session that is open."""
        scheme, _, token = authorization.partition(" ")
        used = self._sessions.get(token.strip())
        if scheme not in {"Bearer", "OAuth"} or used is None:
            return False
        if self.clock() - used > self.idle_seconds:
            del self._sessions[token.strip()]
            return False
        self._sessions[token.strip()] = self.clock()
        return True

    def end(self, authorization: str) -> None:
        """End the session of a request."""
        self._sessions.pop(authorization.partition(" ")[2].strip(), None)

    def _check_client(self, form: Mapping[str, str], authorization: str) -> None:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = authorization.partition(" ")
        if scheme == "Basic":
            try:
                client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise LoginError("invalid_client", "invalid client credentials") from None
            client, secret = unquote_plus(client), unquote_plus(secret)
        if client != self.client_id:
            raise LoginError("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(secret.encode(), self.client_secret.encode()):
            raise LoginError("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str, host: str) -> None:
        try:
            claims = jwt.decode(
                assertion,
                self.key.public_key(),
                algorithms=["RS256"],
                audience=[*AUDIENCES, f"http://{host}", f"https://{host}"],
                options={"require": ["iss", "sub", "aud", "exp"], "verify_exp": False},
            )
        except jwt.InvalidAudienceError:
            raise LoginError("invalid_grant", "audience is invalid") from None
        except jwt.PyJWTError:
            raise LoginError("invalid_grant", "invalid assertion") from None
        left = int(claims["exp"]) - self.clock()
        if left <= 0:
            raise LoginError("invalid_grant", "expired authorization code")
        if left > _LONGEST:
            raise LoginError("invalid_grant", "assertion is valid for too long: exp is more than 5 minutes ahead")
        if claims["iss"] != self.client_id:
            raise LoginError("invalid_client_id", "client identifier invalid")
        if claims["sub"] != self.username:
            raise LoginError("invalid_grant", "user hasn't approved this consumer")
