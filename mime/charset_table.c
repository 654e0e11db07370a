/* Only charsets in this table reach iconv: a name from a message never chooses a conversion
 * module nobody meant.  A label stands for what its senders mean by it, which is often a superset
 * (gb2312 is written by programs that mean gb18030, iso-8859-1 by ones that mean windows-1252).
 *
 * GMime's table of names takes labels at their word (the euro sign of a windows-1252 text labelled
 * iso-8859-1 is lost, and the circled digits of cp932 labelled shift_jis), gives any name it does not
 * know to iconv, and keeps that name for good. */
#include "mime/charset_table.h"

struct row {
	const char *name; /* lower case, without '-', '_' and ':' */
	enum charset_kind kind;
	const char *iconv_name;
};

#define ICONV(label, name) { label, CHARSET_ICONV, name }

static const struct row rows[] = {
	{ "utf8", CHARSET_UTF8, NULL },
	{ "usascii", CHARSET_UTF8, NULL },
	{ "ascii", CHARSET_UTF8, NULL },
	{ "ansix3.41968", CHARSET_UTF8, NULL },
	{ "iso646us", CHARSET_UTF8, NULL },
	{ "unicode11utf8", CHARSET_UTF8, NULL },
	{ "utf8mb4", CHARSET_UTF8, NULL },
	{ "iso88591", CHARSET_WINDOWS_1252, NULL },
	{ "latin1", CHARSET_WINDOWS_1252, NULL },
	{ "l1", CHARSET_WINDOWS_1252, NULL },
	{ "iso885911987", CHARSET_WINDOWS_1252, NULL },
	{ "windows1252", CHARSET_WINDOWS_1252, NULL },
	{ "cp1252", CHARSET_WINDOWS_1252, NULL },
	{ "ansi", CHARSET_WINDOWS_1252, NULL },
	ICONV("iso88592", "ISO-8859-2"),
	ICONV("latin2", "ISO-8859-2"),
	ICONV("iso88593", "ISO-8859-3"),
	ICONV("iso88594", "ISO-8859-4"),
	ICONV("iso88595", "ISO-8859-5"),
	ICONV("iso88596", "ISO-8859-6"),
	ICONV("iso88597", "ISO-8859-7"),
	ICONV("iso88598", "ISO-8859-8"),
	ICONV("iso88598i", "ISO-8859-8"),
	ICONV("iso88598e", "ISO-8859-8"),
	ICONV("iso88599", "CP1254"),
	ICONV("latin5", "CP1254"),
	ICONV("iso885910", "ISO-8859-10"),
	ICONV("iso885911", "CP874"),
	ICONV("iso885913", "ISO-8859-13"),
	ICONV("iso885914", "ISO-8859-14"),
	ICONV("iso885915", "ISO-8859-15"),
	ICONV("latin9", "ISO-8859-15"),
	ICONV("iso885916", "ISO-8859-16"),
	ICONV("windows1250", "CP1250"),
	ICONV("cp1250", "CP1250"),
	ICONV("windows1251", "CP1251"),
	ICONV("cp1251", "CP1251"),
	ICONV("windows1253", "CP1253"),
	ICONV("cp1253", "CP1253"),
	ICONV("windows1254", "CP1254"),
	ICONV("cp1254", "CP1254"),
	ICONV("windows1255", "CP1255"),
	ICONV("cp1255", "CP1255"),
	ICONV("windows1256", "CP1256"),
	ICONV("cp1256", "CP1256"),
	ICONV("windows1257", "CP1257"),
	ICONV("cp1257", "CP1257"),
	ICONV("windows1258", "CP1258"),
	ICONV("cp1258", "CP1258"),
	ICONV("windows874", "CP874"),
	ICONV("tis620", "CP874"),
	ICONV("koi8r", "KOI8-R"),
	ICONV("koi8u", "KOI8-U"),
	ICONV("koi8ru", "KOI8-U"),
	ICONV("koi8t", "KOI8-T"),
	ICONV("cp866", "CP866"),
	ICONV("ibm866", "CP866"),
	ICONV("cp855", "IBM855"),
	ICONV("cp437", "CP437"),
	ICONV("ibm437", "CP437"),
	ICONV("cp850", "CP850"),
	ICONV("ibm850", "CP850"),
	ICONV("cp852", "CP852"),
	ICONV("ibm852", "CP852"),
	ICONV("cp858", "IBM858"),
	ICONV("macintosh", "MACINTOSH"),
	ICONV("xmacroman", "MACINTOSH"),
	ICONV("macroman", "MACINTOSH"),
	ICONV("xmaccyrillic", "MAC-CYRILLIC"),
	ICONV("viscii", "VISCII"),
	ICONV("utf7", "UTF-7"),
	ICONV("unicode11utf7", "UTF-7"),
	ICONV("xunicode20utf7", "UTF-7"),
	ICONV("utf16", "UTF-16"),
	ICONV("utf16le", "UTF-16LE"),
	ICONV("utf16be", "UTF-16BE"),
	ICONV("utf32", "UTF-32"),
	ICONV("ucs2", "UTF-16"),
	ICONV("gb2312", "GB18030"),
	ICONV("gb231280", "GB18030"),
	ICONV("gbk", "GB18030"),
	ICONV("cp936", "GB18030"),
	ICONV("ms936", "GB18030"),
	ICONV("xgbk", "GB18030"),
	ICONV("euccn", "GB18030"),
	ICONV("gb18030", "GB18030"),
	ICONV("big5", "CP950"),
	ICONV("cnbig5", "CP950"),
	ICONV("cp950", "CP950"),
	ICONV("big5hkscs", "BIG5-HKSCS"),
	ICONV("euctw", "EUC-TW"),
	ICONV("shiftjis", "CP932"),
	ICONV("xsjis", "CP932"),
	ICONV("sjis", "CP932"),
	ICONV("mskanji", "CP932"),
	ICONV("windows31j", "CP932"),
	ICONV("cp932", "CP932"),
	ICONV("eucjp", "EUC-JP-MS"),
	ICONV("xeucjp", "EUC-JP-MS"),
	ICONV("iso2022jp", "ISO-2022-JP-3"),
	ICONV("iso2022jp1", "ISO-2022-JP-2"),
	ICONV("iso2022jp2", "ISO-2022-JP-2"),
	ICONV("iso2022jp3", "ISO-2022-JP-3"),
	ICONV("cp50220", "ISO-2022-JP-3"),
	ICONV("cp50221", "ISO-2022-JP-3"),
	ICONV("csiso2022jp", "ISO-2022-JP-3"),
	ICONV("iso2022kr", "ISO-2022-KR"),
	ICONV("iso2022cn", "ISO-2022-CN"),
	ICONV("euckr", "UHC"),
	ICONV("ksc56011987", "UHC"),
	ICONV("ksc5601", "UHC"),
	ICONV("ksx1001", "UHC"),
	ICONV("cp949", "UHC"),
	ICONV("uhc", "UHC"),
	ICONV("windows949", "UHC"),
	ICONV("johab", "JOHAB"),
	ICONV("armscii8", "ARMSCII-8"),
	ICONV("georgianps", "GEORGIAN-PS"),
	ICONV("georgianacademy", "GEORGIAN-ACADEMY"),
	ICONV("tcvn", "TCVN5712-1"),
};

/* NUL octets of the name go too. */
static void squeeze(struct slice name, char *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len && name.data[i] != '*' && len + 1 < room; i++)
		if (strchr("-_: \t\"'\r\n", name.data[i]) == NULL)
			out[len++] = g_ascii_tolower(name.data[i]);
	out[len] = '\0';
}

struct charset charset_find(struct slice name)
{
	char squeezed[33];

	squeeze(name, squeezed, sizeof(squeezed));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].name[0] == squeezed[0] && strcmp(rows[i].name, squeezed) == 0)
			return (struct charset){ rows[i].kind, rows[i].iconv_name };
	return (struct charset){ CHARSET_UNKNOWN, NULL };
}
