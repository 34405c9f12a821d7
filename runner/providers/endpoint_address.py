"""The address of an endpoint: it is given by ``provider.base_url`` alone, and holds no secret.

What is not in the configuration is in no record and in no call's key: two endpoints would answer for one another.
"""

import os
import re
from urllib.parse import SplitResult, urlsplit

from runner.core.errors import ProviderError

_NAMES_PLACE = re.compile(r"(?:BASE|BASE_URL|API_URL|ENDPOINT|ENDPOINT_URL|HOST|URL|URI)$")
_ALSO = {
    "bedrock": ("AWSBEDROCK", "AWSENDPOINT"),
    "huggingface": ("HF",),
    "sagemaker": ("AWSENDPOINT", "AWSSAGEMAKER"),
    "textcompletionopenai": ("OPENAI",),
    "volcengine": ("ARK",),
    "watsonx": ("WX", "WML"),
}
_SHORTEST = 4  # letters of a name's first part that stand for it: OLLAMA for ollama_chat


def split_address(base_url: str) -> SplitResult:
    """The parts of an endpoint's address. Raises ProviderError if it is none."""
    try:
        parts = urlsplit(base_url)
        _ = parts.port
        return parts
    except ValueError as error:
        raise ProviderError(
            f"provider.base_url={base_url} is no address ({error}): give it as http://HOST:PORT/v1",
            code="address-unusable",
            key="provider.base_url",
        ) from error


def refuse_unfit(base_url: str | None, provider: str) -> None:
    """Raise ProviderError for an address that cannot be asked, or for one that only the environment names.

    Args:
        base_url: as configured. provider: the name of who is asked without one, as ``openai`` or ``ollama_chat``.
    """
    if base_url is None:
        if name := named_by_environment(provider):
            raise ProviderError(
                f"the environment variable {name} names an endpoint, and goldloop asks only the one in the "
                f"configuration: give it (provider.base_url=ADDRESS, or '${{oc.env:{name}}}'), or unset {name}",
                code="endpoint-in-environment",
                key=name,
            )
        return
    parts = split_address(base_url)
    if parts.query or parts.fragment:
        shown = base_url.partition("?")[0].partition("#")[0]
        raise ProviderError(
            f"provider.base_url={shown}?... : what stands behind the ? cannot be sent along. Give the address without "
            "it; Azure's api-version is an option of provider=azure (provider.params.api_version=...)",
            code="address-unusable",
            key="provider.base_url",
        )


def named_by_environment(provider: str) -> str | None:
    """The first environment variable, by its name, that names another endpoint for ``provider``; None without one."""
    whole = _compact(provider)
    first = _compact(re.split(r"[_\-]", provider)[0])
    prefixes = (whole, *([first] if len(first) >= _SHORTEST else []), *_ALSO.get(whole.lower(), ()))
    return next(
        (
            name
            for name, value in sorted(os.environ.items())
            if value.strip() and _NAMES_PLACE.search(name) and _compact(name).startswith(prefixes)
        ),
        None,
    )


def _compact(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
