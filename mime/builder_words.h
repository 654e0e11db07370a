/* UTF-8 text on its way into a header field.  Internal to mime/. */
#ifndef MIME_BUILDER_WORDS_H
#define MIME_BUILDER_WORDS_H

/* Text to give to GMime: valid UTF-8 without control characters and outer blanks, or encoded words
 * where GMime would make bad ones.  g_free() it. */
char *builder_words(const char *text);
/* Control characters become spaces, in place. */
void builder_clean(char *text);

#endif
