package main

import (
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/sort"
)

// Fixed packed decimals; an odd number of digits has a zero in front.
func packed(digits int) field.Field {
	return field.NewString(&field.Spec{
		Length: digits, Enc: encoding.BCD, Pref: prefix.BCD.Fixed,
	})
}

// Packed decimals behind one byte that counts digits.
func packedVariable(digitsMax int) field.Field {
	return field.NewString(&field.Spec{
		Length: digitsMax, Enc: encoding.BCD, Pref: prefix.Binary.L,
	})
}

func text(length int) field.Field {
	return field.NewString(&field.Spec{
		Length: length, Enc: encoding.EBCDIC1047, Pref: prefix.EBCDIC1047.Fixed,
	})
}

// Bytes, shown as hexadecimal text, behind one byte that counts bytes.
func binaryVariable(lengthMaxBytes int) field.Field {
	return field.NewHex(&field.Spec{
		Length: lengthMaxBytes, Enc: encoding.Binary, Pref: prefix.Binary.L,
	})
}

func bitmap(lengthBytes int) *field.Bitmap {
	return field.NewBitmap(&field.Spec{
		Length: lengthBytes, Enc: encoding.Binary, Pref: prefix.Binary.Fixed,
		DisableAutoExpand: true,
	})
}

// A composite whose own bitmap announces its parts.
func bitmapped(lengthMaxBytes, bitmapBytes int, parts map[string]field.Field) field.Field {
	return field.NewComposite(&field.Spec{
		Length: lengthMaxBytes, Pref: prefix.Binary.L,
		Bitmap: bitmap(bitmapBytes), Subfields: parts,
	})
}

// Data set 01 with BER-TLV inside: an identifier, two bytes of length, tags.
func chipData() field.Field {
	tags := map[string]field.Field{}
	for _, tag := range []string{
		"82", "95", "9A", "9C", "5F2A", "9F02", "9F10", "9F1A", "9F26", "9F27", "9F33", "9F34",
		"9F36", "9F37",
	} {
		tags[tag] = field.NewHex(&field.Spec{
			Length: 255, Enc: encoding.Binary, Pref: prefix.BerTLV,
		})
	}
	return field.NewComposite(&field.Spec{
		Length: 255, Pref: prefix.Binary.L,
		Tag: &field.TagSpec{Length: 1, Enc: encoding.ASCIIHexToBytes, Sort: sort.StringsByHex},
		Subfields: map[string]field.Field{
			"01": field.NewComposite(&field.Spec{
				Length: 252, Pref: prefix.Binary.LL,
				Tag:       &field.TagSpec{Enc: encoding.BerTLVTag, Sort: sort.StringsByHex},
				Subfields: tags,
			}),
		},
	})
}

// The dialect of the bench's message. Track 2 differs from it in one byte: its length counts digits
// there and bytes here, because packed decimals of this module know no separator.
func specification() *iso8583.MessageSpec {
	fields := map[int]field.Field{
		0:  packed(4),
		1:  field.NewBitmap(&field.Spec{Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		2:  packedVariable(19),
		22: packed(4), 23: packed(3), 25: packed(2), 32: packedVariable(11),
		35: binaryVariable(19),
		37: text(12), 41: text(8), 42: text(15), 43: text(40),
		49: packed(3),
		55: chipData(),
		60: binaryVariable(6),
		62: bitmapped(59, 8, map[string]field.Field{"1": text(1), "2": packed(15)}),
		63: bitmapped(255, 3, map[string]field.Field{"1": packed(4)}),
	}
	digits := map[int]int{3: 6, 4: 12, 7: 10, 11: 6, 12: 6, 13: 4, 14: 4, 18: 4, 19: 3}
	for number, count := range digits {
		fields[number] = packed(count)
	}
	return &iso8583.MessageSpec{Fields: fields}
}
