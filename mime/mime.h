/* What mime/ needs of GMime before its first use. */
#ifndef MIME_MIME_H
#define MIME_MIME_H

/* Once in a process, from any thread; further calls cost nothing.  Called at start, so that no
 * delivery pays for it; whoever builds mail calls it again, for programs that did not. */
void mime_init(void);

#endif
