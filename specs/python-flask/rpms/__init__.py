"""Debian packages rewritten as RPM packages, so that a demonstration has a real yum repository.

    deb.py         reads a .deb: control fields, relations, members
    tree.py        unpacks it the way an RPM distribution lays files out
    departures.py  what differs from Debian on purpose: maintainer scripts' results, extra relations
    spec.py        writes the spec file
    tools.py       rpmbuild, rpmsign, createrepo_c
"""
