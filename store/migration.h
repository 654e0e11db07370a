/* The numbered SQL files of store/sql, inside the program (store/embed-sql makes the
 * table at build time). */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

struct migration {
	unsigned number; /* from 1, without gaps */
	const char *name;
	const char *sql;
};

extern const struct migration migrations[];
extern const unsigned migration_count;

#endif
