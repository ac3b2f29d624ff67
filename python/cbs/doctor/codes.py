"""Codes that stand in messages of every network, as a check of whether a reading makes sense.

Sources: ISO 3166-1 numeric country codes, ISO 4217 alphabetic currency codes, ISO 18245
merchant category codes (their ranges), EMV book 3 annex A (tags), ISO 8583:1987 annexes.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COUNTRIES = _words(
    """
    004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070
    072 074 076 084 086 090 092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156
    158 162 166 170 174 175 178 180 184 188 191 192 196 203 204 208 212 214 218 222 226 231
    232 233 234 238 239 242 246 248 250 254 258 260 262 266 268 270 275 276 288 292 296 300
    304 308 312 316 320 324 328 332 334 336 340 344 348 352 356 360 364 368 372 376 380 384
    388 392 398 400 404 408 410 414 417 418 422 426 428 430 434 438 440 442 446 450 454 458
    462 466 470 474 478 480 484 492 496 498 499 500 504 508 512 516 520 524 528 531 533 534
    535 540 548 554 558 562 566 570 574 578 580 581 583 584 585 586 591 598 600 604 608 612
    616 620 624 626 630 634 638 642 643 646 652 654 659 660 662 663 666 670 674 678 682 686
    688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752 756 760 762 764
    768 772 776 780 784 788 792 795 796 798 800 804 807 818 826 831 832 833 834 840 850 854
    858 860 862 876 882 887 894
    """
)
"""Numeric country codes."""

CURRENCY_LETTERS = _words(
    """
    AED AFN ALL AMD AOA ARS AUD AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CZK DJF DKK DOP DZD EGP ETB EUR FJD GBP GEL GHS GMD
    GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
    KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SLE SOS SRD SSP SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF XXX YER ZAR ZMW
    """
)
"""Alphabetic currency codes."""

TRANSACTION_TYPES = _words(
    """
    00 01 02 03 09 10 11 12 13 17 18 19 20 21 22 23 24 25 26 28 29 30 31 32 33 34 38 39 40
    50 53 60 70 71 72 90 91 92
    """
)
"""The first two digits of a processing code."""

ENTRY_MODES = _words(
    """
    00 01 02 03 04 05 06 07 08 09 10 79 80 81 82 83 85 86 90 91 92 95
    """
)
"""The first two digits of a point-of-service entry mode of the 1987 edition."""

NETWORK_MANAGEMENT = _words(
    """
    001 002 003 004 060 061 062 063 064 065 071 072 073 074 078 079 080 081 082 083 101 102
    103 160 161 162 163 164 180 201 202 270 280 281 301 302 303 360 361 362 363 370 371 372
    801 802 803 804 811 812 813 821 831
    """
)
"""Network management codes of the 1987 edition, and function codes of the later ones."""

CHIP_TAGS = _words(
    """
    42 4F 50 57 5A 71 72 82 84 8A 8E 91 95 9A 9B 9C 5F20 5F24 5F25 5F28 5F2A 5F34 9F01 9F02
    9F03 9F06 9F07 9F08 9F09 9F0D 9F0E 9F0F 9F10 9F11 9F12 9F15 9F16 9F1A 9F1C 9F1E 9F21
    9F24 9F26 9F27 9F33 9F34 9F35 9F36 9F37 9F39 9F40 9F41 9F45 9F4C 9F53 9F5B 9F5D 9F6C
    9F6E 9F7C
    """
)
"""Tags of chip data."""


def is_merchant_category(text: str) -> bool:
    """Whether four digits lie in a range that has merchant categories."""
    number = int(text)
    return 700 <= number <= 799 or 1500 <= number <= 2999 or 3000 <= number <= 9950


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the ones before it."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (
        sum(map(int, digits[-1::-2])) + sum(it - 9 if it > 9 else it for it in doubled)
    ) % 10 == 0
