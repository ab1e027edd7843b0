#!/bin/sh
# Becomes the server, so that signals reach it.
set -eu
exec /usr/bin/python3 /app/app.py
