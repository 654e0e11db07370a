-- Nobody asks for contents by their version: reparse walks them all.
DROP INDEX content_version;
