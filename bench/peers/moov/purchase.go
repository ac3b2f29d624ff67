package main

import "github.com/moov-io/iso8583/field"

// Purchase is the bench's message as the module binds it: one field per data element.
type Purchase struct {
	MTI                *field.String `index:"0"`
	PrimaryAccount     *field.String `index:"2"`
	ProcessingCode     *field.String `index:"3"`
	Amount             *field.String `index:"4"`
	TransmittedAt      *field.String `index:"7"`
	STAN               *field.String `index:"11"`
	LocalTime          *field.String `index:"12"`
	LocalDate          *field.String `index:"13"`
	Expiry             *field.String `index:"14"`
	MerchantCategory   *field.String `index:"18"`
	AcquirerCountry    *field.String `index:"19"`
	EntryMode          *field.String `index:"22"`
	CardSequence       *field.String `index:"23"`
	ConditionCode      *field.String `index:"25"`
	Acquirer           *field.String `index:"32"`
	Track2             *field.Hex    `index:"35"`
	RetrievalReference *field.String `index:"37"`
	Terminal           *field.String `index:"41"`
	Merchant           *field.String `index:"42"`
	MerchantName       *field.String `index:"43"`
	Currency           *field.String `index:"49"`
	ChipData           *ChipData     `index:"55"`
	PointOfService     *field.Hex    `index:"60"`
	PaymentService     *Payment      `index:"62"`
	NetworkInformation *Network      `index:"63"`
}

// ChipData is data element 55.
type ChipData struct {
	Tags *Tags `index:"01"`
}

// Tags are the BER-TLV tags of the one data set.
type Tags struct {
	InterchangeProfile  *field.Hex `index:"82"`
	VerificationResults *field.Hex `index:"95"`
	Date                *field.Hex `index:"9A"`
	Type                *field.Hex `index:"9C"`
	Currency            *field.Hex `index:"5F2A"`
	Amount              *field.Hex `index:"9F02"`
	IssuerData          *field.Hex `index:"9F10"`
	Country             *field.Hex `index:"9F1A"`
	Cryptogram          *field.Hex `index:"9F26"`
	CryptogramType      *field.Hex `index:"9F27"`
	Capabilities        *field.Hex `index:"9F33"`
	CardholderMethod    *field.Hex `index:"9F34"`
	Counter             *field.Hex `index:"9F36"`
	UnpredictableNumber *field.Hex `index:"9F37"`
}

// Payment is data element 62.
type Payment struct {
	Characteristics *field.String `index:"1"`
	Lifecycle       *field.String `index:"2"`
}

// Network is data element 63.
type Network struct {
	Identifier *field.String `index:"1"`
}
