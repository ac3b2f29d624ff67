-- Whether the DE39 of an advice says that the transaction took place; absent means yes.
--
-- Rows locked  none
-- Callers      cbs.decide_advice, cbs.answer_from_advice, cbs.find_answering_advice
CREATE OR REPLACE FUNCTION cbs.is_approval(p_response_code text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT p_response_code IS NULL OR p_response_code IN ('00', '10', '11', '85', '87')
$$;
