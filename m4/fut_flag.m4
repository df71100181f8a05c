# FUT_FLAG(VARIABLE, FLAG): appends FLAG to VARIABLE if a program can be
# compiled and linked with it.
AC_DEFUN([FUT_FLAG], [
	AC_MSG_CHECKING([whether $CC takes $2])
	fut_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[fut_flag=yes; $1="$$1 $2"], [fut_flag=no])
	CFLAGS=$fut_saved_CFLAGS
	AC_MSG_RESULT([$fut_flag])
])
