"""The history of the help desk's schema: one module per revision, found through this registry."""

from embedmig import Registry

from ..models import Base

registry = Registry(__name__, metadata=Base.metadata)
