-- What a repeat under a fresh DE7 and a reversal without one are found by. Both would otherwise read
-- weeks of the card, and a card of a busy company has thousands of operations a day.

-- Key K2, and rung 2 without DE7.
CREATE INDEX operation_stan ON cbs.operation (card_token, stan);
-- Rung 3 of the match ladder.
CREATE INDEX operation_reference ON cbs.operation (card_token, retrieval_reference)
  WHERE retrieval_reference IS NOT NULL;
