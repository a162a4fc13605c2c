# What administrators and packagers get.

# The sample is installed beside the user's own file and never over it.
dist_sample_DATA = contrib/hookspool.conf.sample

# What a group can write to is refused, and the umask may have been 002.
install-data-hook:
	chmod go-w '$(DESTDIR)$(presetdir)' '$(DESTDIR)$(sampledir)'

contrib_files = \
	contrib/check \
	contrib/lint \
	contrib/quickstart

# What administrators copy, a directory a server: hookspool-servers(7).
serverdir = $(pkgdatadir)/contrib
apachedir = $(serverdir)/apache
dist_apache_DATA = \
	contrib/apache/hookspool-cgi.conf \
	contrib/apache/hookspool-fcgid.conf \
	contrib/apache/hookspool-proxy.conf \
	contrib/apache/hookspool-tls.conf
cgidir = $(serverdir)/cgi
dist_cgi_SCRIPTS = contrib/cgi/hookspool.cgi
lighttpddir = $(serverdir)/lighttpd
dist_lighttpd_DATA = \
	contrib/lighttpd/50-hookspool-cgi.conf \
	contrib/lighttpd/50-hookspool.conf \
	contrib/lighttpd/51-hookspool-tls.conf
logrotatedir = $(serverdir)/logrotate
dist_logrotate_DATA = contrib/logrotate/hookspool
nginxdir = $(serverdir)/nginx
dist_nginx_DATA = \
	contrib/nginx/hookspool-keep.conf \
	contrib/nginx/hookspool-tls.conf \
	contrib/nginx/hookspool.conf
openrcdir = $(serverdir)/openrc
dist_openrc_SCRIPTS = \
	contrib/openrc/hookspool-fcgi \
	contrib/openrc/hookspoold
spawndir = $(serverdir)/spawn-fcgi
dist_spawn_SCRIPTS = contrib/spawn-fcgi/hookspool-spawn

# For administrators: setup, completion, and, where configure was told the place, systemd's units.
dist_pkgdata_SCRIPTS = contrib/setup
completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = contrib/completion/hookspool
units = contrib/systemd/hookspoold.service contrib/systemd/hookspool-fcgi.service contrib/systemd/hookspool-fcgi.socket
unit_sources = contrib/systemd/hookspoold.service.in contrib/systemd/hookspool-fcgi.service.in \
	contrib/systemd/hookspool-fcgi.socket.in
if HAVE_UNITDIR
unitdir = $(UNITDIR)
nodist_unit_DATA = $(units)
endif
$(units): Makefile $(unit_sources)
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && sed -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@libexecdir[@]|$(libexecdir)|g' \
		-e 's|@localstatedir[@]|$(localstatedir)|g' -e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		'$(srcdir)/$@.in' >$@.new && mv $@.new $@

packaging_files = \
	contrib/packaging/build-deb \
	contrib/packaging/debian/changelog \
	contrib/packaging/debian/control \
	contrib/packaging/debian/copyright \
	contrib/packaging/debian/hookspool.lintian-overrides \
	contrib/packaging/debian/hookspool.postinst \
	contrib/packaging/debian/hookspool.postrm \
	contrib/packaging/debian/hookspool.prerm \
	contrib/packaging/debian/rules \
	contrib/packaging/debian/source/format \
	contrib/packaging/rpm/hookspool.spec \
	contrib/packaging/alpine/APKBUILD \
	contrib/packaging/alpine/hookspool.pre-install

dist_example_DATA = \
	contrib/hooks/README \
	contrib/hooks/approve.sh \
	contrib/hooks/notify.py \
	contrib/hooks/worker.pl \
	contrib/hooks/worker.py \
	contrib/hooks/worker.sh
