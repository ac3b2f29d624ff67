//! Records as the database takes them: one array per column, in PostgreSQL's binary form.
//!
//! A driver that is handed lists dumps every value by itself, which costs more than everything
//! else the server does for a message. Here a column of a whole batch is written in one go.
//! The form is that of `array_send` in PostgreSQL's sources: dimensions, a mark for nulls, the type
//! of the elements, length and lower bound, then each element with its length in front.

use crate::record::{Column, RECORD_COLUMNS, Record, Value};

/// Types of elements by their fixed numbers in the catalogue `pg_type`.
const BOOLEAN: u32 = 16;
const BYTEA: u32 = 17;
const BIGINT: u32 = 20;
const TEXT: u32 = 25;

const HEADER_LENGTH: usize = 20;
const NULL_LENGTH: u32 = u32::MAX;
/// Room for the elements of a typical column, so that few grow.
const ELEMENT_LENGTH_TYPICAL: usize = 16;

/// One array per column, in column order, each with one element per record.
pub fn pack_columns(records: &[&Record]) -> Vec<Vec<u8>> {
    (0..RECORD_COLUMNS.len())
        .map(|position| pack_column(records, position))
        .collect()
}

fn pack_column(records: &[&Record], position: usize) -> Vec<u8> {
    let values = || {
        records
            .iter()
            .filter_map(|record| record.values().get(position))
    };
    let has_null = values().any(|value| matches!(value, Value::Null));
    let mut packed = Vec::with_capacity(
        HEADER_LENGTH.saturating_add(records.len().saturating_mul(ELEMENT_LENGTH_TYPICAL)),
    );
    put_number(&mut packed, u32::from(!records.is_empty()));
    put_number(&mut packed, u32::from(has_null));
    put_number(&mut packed, element_type(position));
    if !records.is_empty() {
        put_number(&mut packed, length(records.len()));
        put_number(&mut packed, 1);
    }
    for value in values() {
        put_value(&mut packed, value);
    }
    packed
}

fn put_value(packed: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => put_number(packed, NULL_LENGTH),
        Value::Text(text) => put_bytes(packed, text.as_bytes()),
        Value::Shared(text) => put_bytes(packed, text.as_bytes()),
        Value::Word(text) => put_bytes(packed, text.as_bytes()),
        Value::Integer(number) => put_bytes(packed, &number.to_be_bytes()),
        Value::Boolean(mark) => put_bytes(packed, &[u8::from(*mark)]),
        Value::Token(bytes) => put_bytes(packed, bytes),
        Value::Identity(bytes) => put_bytes(packed, bytes),
    }
}

fn put_number(packed: &mut Vec<u8>, number: u32) {
    packed.extend_from_slice(&number.to_be_bytes());
}

fn put_bytes(packed: &mut Vec<u8>, bytes: &[u8]) {
    put_number(packed, length(bytes.len()));
    packed.extend_from_slice(bytes);
}

/// Lengths come from messages of at most 64 KiB and batches of at most thousands.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NULL_LENGTH)
}

fn element_type(position: usize) -> u32 {
    use Column as C;
    const BYTEAS: [Column; 3] = [C::IdentityKey, C::CardToken, C::TraceId];
    const BOOLEANS: [Column; 4] = [
        C::CardPresent,
        C::PinPresent,
        C::PartialApproval,
        C::AccountVerification,
    ];
    const BIGINTS: [Column; 7] = [
        C::AmountMinor,
        C::BillingAmountMinor,
        C::TransmittedAtUs,
        C::OriginalTransmittedAtUs,
        C::ReplacementAmountMinor,
        C::ReplacementBillingAmountMinor,
        C::ReceivedAtUs,
    ];
    let is_among = |columns: &[Column]| columns.iter().any(|column| *column as usize == position);
    if is_among(&BYTEAS) {
        BYTEA
    } else if is_among(&BOOLEANS) {
        BOOLEAN
    } else if is_among(&BIGINTS) {
        BIGINT
    } else {
        TEXT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(column: Column, values: &[Value]) -> Vec<u8> {
        let records: Vec<Record> = values
            .iter()
            .map(|value| {
                let mut record = Record::empty();
                record.set(column, value.clone());
                record
            })
            .collect();
        let references: Vec<&Record> = records.iter().collect();
        pack_columns(&references).swap_remove(column as usize)
    }

    #[test]
    fn texts_and_nulls_take_the_form_of_array_send() {
        let array = packed(Column::Stan, &[Value::Text("ab".into()), Value::Null]);
        assert_eq!(
            array,
            [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, // header
                0, 0, 0, 2, b'a', b'b', 255, 255, 255, 255,
            ]
        );
    }

    #[test]
    fn numbers_take_eight_bytes_and_marks_one() {
        let amounts = packed(Column::AmountMinor, &[Value::Integer(-2)]);
        assert_eq!(amounts[8..12], [0, 0, 0, 20]);
        assert_eq!(amounts[4..8], [0, 0, 0, 0]);
        assert_eq!(
            amounts[20..],
            [0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254]
        );
        let marks = packed(Column::PinPresent, &[Value::Boolean(true)]);
        assert_eq!(marks[8..12], [0, 0, 0, 16]);
        assert_eq!(marks[20..], [0, 0, 0, 1, 1]);
    }

    #[test]
    fn tokens_and_identities_are_byte_strings() {
        let tokens = packed(Column::CardToken, &[Value::Token([7; 32])]);
        assert_eq!(tokens[8..12], [0, 0, 0, 17]);
        assert_eq!(tokens[20..24], [0, 0, 0, 32]);
        let keys = packed(Column::IdentityKey, &[Value::Identity([9; 16])]);
        assert_eq!(keys[8..12], [0, 0, 0, 17]);
        assert_eq!(keys.len(), 20 + 4 + 16);
    }

    #[test]
    fn no_records_give_empty_arrays_of_the_right_type() {
        let arrays = pack_columns(&[]);
        assert_eq!(arrays.len(), RECORD_COLUMNS.len());
        assert_eq!(arrays[0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]);
    }
}
