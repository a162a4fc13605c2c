"""The usual receiver in Python: checks the signature over the raw body, and has Celery put a task into Redis.

Environment: SECRET, REDIS_SOCKET.  No worker runs, as no hook does beside it: what is measured is taking a webhook.
"""
import hashlib
import hmac
import json
import os

from celery import Celery
from flask import Flask, jsonify, request

secret = os.environ['SECRET'].encode()
app = Flask(__name__)
tasks = Celery('receiver', broker='redis+socket://' + os.environ['REDIS_SOCKET'])
tasks.conf.task_ignore_result = True


@tasks.task
def handle(event):
    """What the worker would do."""


@app.post('/webhook')
def webhook():
    body = request.get_data()
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get('X-Webhook-Signature', '')):
        return jsonify(error='signature'), 401
    try:
        event = json.loads(body)
    except ValueError:
        return jsonify(error='json'), 400
    handle.delay(event)
    return jsonify(status='accepted')
