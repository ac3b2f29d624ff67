"""How many decimals the minor unit of a currency has: ISO 4217, by its three digits."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = {
    0: "108 152 174 262 324 352 392 410 548 600 646 704 800 940 950 952 953 999",
    2: "008 012 032 036 044 050 051 052 060 064 068 072 084 090 096 104 116 124 132 136 144 156 "
    "170 188 192 203 208 214 222 230 232 238 242 270 292 320 328 332 340 344 348 356 360 364 376 "
    "388 398 404 408 417 418 422 426 430 446 454 458 462 480 484 496 498 504 516 524 532 533 554 "
    "558 566 578 586 590 598 604 608 634 643 654 682 690 702 706 710 728 748 752 756 760 764 776 "
    "780 784 807 818 826 834 840 858 860 882 886 901 924 925 926 928 929 930 931 932 933 934 936 "
    "938 941 943 944 946 947 948 949 951 967 968 969 970 971 972 973 975 976 977 978 979 980 981 "
    "984 985 986 997",
    3: "048 368 400 414 434 512 788",
    4: "927 990",
}
_EXPONENTS: Final = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


def exponent_of(code: str) -> int | None:
    """Decimals of the minor unit of a currency ("978": 2, "392": 0); None for an unknown one."""
    return _EXPONENTS.get(code)
