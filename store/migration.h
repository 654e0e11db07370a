/* The SQL files of store/sql, inside the program (store/embed-sql puts them there at build time).
 * The numbered ones hold tables, indexes and what is to be done to rows, and are applied once each;
 * functions.sql holds all functions as they are now, and is applied whenever it has changed. */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

struct migration {
	unsigned number; /* ascending */
	const char *name;
	const char *sql;
};

extern const struct migration migrations[];
extern const unsigned migration_count;
extern const char migration_functions[];

#endif
