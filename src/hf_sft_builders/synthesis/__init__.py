"""Ops that make rows: one file each; `OPS` is the registry, which imports them when they are asked for."""

from __future__ import annotations

from hf_sft_builders.ops import Op
from hf_sft_builders.registry import Components

OPS: Components[Op] = Components(
    {
        "add_reasoning": "synthesis.add_reasoning.AddReasoning",
        "add_turns": "synthesis.add_turns.AddTurns",
        "answer": "synthesis.answer.Answer",
        "answer_calls": "synthesis.answer_calls.AnswerCalls",
        "ask_images": "synthesis.ask_images.AskImages",
        "back_translate": "synthesis.back_translate.BackTranslate",
        "clean_chunks": "synthesis.clean_chunks.CleanChunks",
        "close_dialogue": "synthesis.close_dialogue.CloseDialogue",
        "continue_text": "synthesis.continue_text.ContinueText",
        "degrade": "synthesis.degrade.Degrade",
        "distill": "synthesis.distill.Distill",
        "edge_cases": "synthesis.edge_cases.EdgeCases",
        "exam_questions": "synthesis.exam_questions.ExamQuestions",
        "expand": "synthesis.expand.Expand",
        "expand_topics": "synthesis.expand_topics.ExpandTopics",
        "generate": "synthesis.generate.Generate",
        "generate_qa": "synthesis.generate_qa.GenerateQA",
        "generate_reasoning": "synthesis.generate_reasoning.GenerateReasoning",
        "judge": "synthesis.judge.Judge",
        "label": "synthesis.label.Label",
        "label_domains": "synthesis.label_domains.LabelDomains",
        "read_documents": "documents.reading_op.ReadDocuments",
        "rewrite": "synthesis.rewrite.Rewrite",
        "rewrite_with_slots": "synthesis.rewrite_with_slots.RewriteWithSlots",
        "self_check": "synthesis.self_check.SelfCheck",
        "similar_questions": "synthesis.similar_questions.SimilarQuestions",
        "simulate_dialogue": "synthesis.simulate_dialogue.SimulateDialogue",
        "slots_to_utterance": "synthesis.slots_to_utterance.SlotsToUtterance",
        "summarize": "synthesis.summarize.Summarize",
        "topic_questions": "synthesis.topic_questions.TopicQuestions",
        "unmark_questions": "synthesis.unmark_questions.UnmarkQuestions",
        "unroll_turns": "synthesis.unroll_turns.UnrollTurns",
    }
)

__all__ = ["OPS"]
