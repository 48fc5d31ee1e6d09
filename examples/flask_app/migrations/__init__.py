"""The history of the link shortener's schema."""

from embedmig import Registry

from ..models import Base

registry = Registry(__name__, metadata=Base.metadata)
