# The manual: every page is listed here.  A page speaks for all the names in
# its NAME section; each gets a line of its own that sends man to the page.

dist_man_MANS =

man_names = \
	for page in $(dist_man_MANS); do \
		sed -n "/^\.Sh NAME/,/^\.Nd/s|^\.Nm \([^ ]*\).*|\1.3 $${page\#\#*/}|p" \
			$(srcdir)/$$page; \
	done | while read -r name page; do test "$$name" = "$$page" ||

install-data-hook:
	@$(man_names) echo ".so man3/$$page" > "$(DESTDIR)$(mandir)/man3/$$name"; \
		done
uninstall-hook:
	@$(man_names) rm -f "$(DESTDIR)$(mandir)/man3/$$name"; done
