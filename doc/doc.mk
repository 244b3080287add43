# SPDX-License-Identifier: MIT
#
# make doc             the documentation: HTML, manual pages
# make doc-tables      the tables of doc/*.md that are made of the sources
# make install-doc     HTML and manual pages to $(docdir) and $(mandir)

.PHONY: doc doc-tables install-doc uninstall-doc
doc:
	$(call say,DOC,$(BUILD)/doc)DOXYGEN='$(DOXYGEN)' doc/build.sh $(abspath $(BUILD))/doc $(VERSION)

doc-tables:
	doc/errors.sh >$(BUILD)/errors.md && mv $(BUILD)/errors.md doc/errors.md
	doc/kernel-interface.sh >$(BUILD)/kernel-interface.md && mv $(BUILD)/kernel-interface.md doc/kernel-interface.md
	doc/syscalls.sh >$(BUILD)/syscalls.md && mv $(BUILD)/syscalls.md doc/syscalls.md

install-doc: doc
	$(INSTALL) -d $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(docdir)/html
	$(INSTALL) -m 644 $(BUILD)/doc/man/man3/*.3 $(DESTDIR)$(mandir)/man3
	$(INSTALL) -m 644 $(BUILD)/doc/html/* $(DESTDIR)$(docdir)/html

# Names that nobody else's pages have.
uninstall-doc:
	rm -f $(DESTDIR)$(mandir)/man3/iommufd_*.3 $(DESTDIR)$(mandir)/man3/libiommufd-*.3
	rm -rf $(DESTDIR)$(docdir)/html
	-rmdir $(DESTDIR)$(docdir)
