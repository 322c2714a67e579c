"""The specification of the package. Importing it comes before the start of the engine."""

import os

# jsii warns at every start that Node.js 20, which cdktf still supports, is past its end of life.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
