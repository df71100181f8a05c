#!/usr/bin/python3
"""For bench/collector: requests with a pool of threads and requests.

collector_threads.py URL COUNT THREADS
"""
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import requests

from collector_figures import figures

local = threading.local()


def session_new():
    local.session = requests.Session()


def collect(url):
    try:
        answer = local.session.get(url, timeout=60)
        body = answer.content
        return url, answer.status_code, len(body), zlib.adler32(body)
    except requests.RequestException as error:
        return url, 0, 0, error


begin = time.monotonic()
urls = [sys.argv[1]] * int(sys.argv[2])
with ThreadPoolExecutor(int(sys.argv[3]), initializer=session_new) as pool:
    figures(list(pool.map(collect, urls)), begin)
