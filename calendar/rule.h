/* One recurrence rule walked on the wall clock: days as numbers, no zone, no
 * instants.  The rule is followed period by period (year, month, week or day),
 * each period's days found by the BYxxx parts, so a walk may begin anywhere
 * without passing through what lies before, and costs what it looks at. */
#ifndef CALENDAR_RULE_H
#define CALENDAR_RULE_H

#include "calendar/meeting.h"

struct rule_walk;

/* start: DTSTART's wall clock (zone_seconds of its fields).  Values before `from`
 * may be left out, but need not be.  budget: how many days may still be looked
 * at; shared by the walks of one question, it must outlive the walk.  NULL when
 * the rule is not expandable. */
struct rule_walk *rule_walk_create(const struct meeting_rule *rule, int64_t start, int64_t from,
				   int64_t *budget);
/* 1: the next wall clock, later than the one before; 0: no more; -1: budget spent.
 * UNTIL is the caller's business, since it is an instant; COUNT is held here. */
int rule_walk_next(struct rule_walk *walk, int64_t *wall_out);
/* *walk becomes NULL.  NULL is allowed. */
void rule_walk_destroy(struct rule_walk **walk);

/* RRULE's value into *rule_out, lists in the arena; `until` has its fields and
 * kind, its instant is the caller's to set.  False when it is no rule. */
struct arena;
bool rule_parse(struct arena *arena, const char *value, struct meeting_rule *rule_out);

#endif
