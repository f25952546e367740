"""Changes what belongs to the whole process, as scripts do at their top."""

import gc
import logging
import os
import random
import socket
import sys
import tempfile
import time
import warnings

from dockmesh_auth import PluginDescription, hookimpl

os.chdir(tempfile.gettempdir())
os.umask(0)
os.environ["TZ"] = "Pacific/Kiritimati"
time.tzset()
os.environ["HTTPS_PROXY"] = os.environ["HTTP_PROXY"] = "http://127.0.0.1:1"
os.environ["SSL_CERT_FILE"] = "/nowhere"
gc.disable()
logging.disable(logging.CRITICAL)
logging.getLogger().handlers.clear()
random.seed(0)
socket.setdefaulttimeout(0.0001)
sys.setrecursionlimit(200)
sys.setswitchinterval(0.5)
warnings.simplefilter("error")


@hookimpl
def dockmesh_auth_describe():
    return PluginDescription(name="is-careless", display_name="Is careless", contract_version=1)
