#!/bin/sh
# hookspool as a CGI program, for servers that pass a CGI program no environment of yours.
# Change: the configuration, if it is not the installed one.
HOOKSPOOL_CONF=/etc/hookspool/hookspool.conf
export HOOKSPOOL_CONF
exec /usr/libexec/hookspool/hookspool.fcgi
