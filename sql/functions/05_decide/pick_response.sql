-- The response code of a set of reasons: that of the reason with the lowest priority number.
--
-- p_network    a network without codes of its own is answered with those of visa_like
-- p_reasons    at least one reason
-- Result       response_code; is_amount_only: a smaller amount would cure all reasons
-- Rows locked  none
-- Callers      cbs.decide_request, cbs.decline, cbs.answer_from_advice, cbs.refused_outcome
CREATE OR REPLACE FUNCTION cbs.pick_response(
  p_network text,
  p_reasons text[]
) RETURNS cbs.response
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_response cbs.response;
BEGIN
  SELECT (array_agg(coalesce(n.response_code, d.response_code)
                    ORDER BY r.priority, r.reason))[1],
         bool_and(r.is_amount_reason)
    INTO v_response
    FROM cbs.decline_reason r
    LEFT JOIN cbs.decline_reason_code n ON n.reason = r.reason AND n.network = p_network
    LEFT JOIN cbs.decline_reason_code d ON d.reason = r.reason AND d.network = 'visa_like'
   WHERE r.reason = ANY (p_reasons);
  RETURN v_response;
END
$$;
