"""A model of a few thousand weights with a tokenizer trained on the spot: nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
WORDS = (
    *("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
)
VISION = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
TEXTS = [
    "门票多少钱？ 80 元／人。 你是导游。 望云楼 云溪古城位于岚江上游。",
    "How high? 28.6 m. When was it built? In 1441. The tower is user assistant system tool",
] * 20


def tokenizer(folder: Path, chat_template: str) -> None:
    """Save a tokenizer like Qwen's, with a chat template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=list(SPECIAL), initial_alphabet=alphabet
    )
    plain.train_from_iterator(TEXTS, trainer)
    plain.add_tokens([AddedToken(word, special=False) for word in WORDS])
    plain.add_special_tokens(list(VISION))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=plain,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = chat_template
    fast.save_pretrained(folder)


def model(folder: Path, chat_template: str) -> Path:
    """Save a random Qwen3 of two layers with its tokenizer."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    tokenizer(folder, chat_template)
    words = AutoTokenizer.from_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(words),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=4096,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
        torch_dtype="float32",
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


SEEING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% for part in m.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
)


def seeing_model(folder: Path) -> Path:
    """Save a random LLaVA of two layers, with a processor that needs Pillow alone."""
    import torch
    from transformers import (
        AutoTokenizer,
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        Qwen2Config,
    )

    tokenizer(folder, SEEING)
    words = AutoTokenizer.from_pretrained(folder)
    words.add_tokens(["<image>"], special_tokens=True)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    text = Qwen2Config(
        **sizes,
        vocab_size=len(words),
        num_attention_heads=4,
        num_key_value_heads=2,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    eyes = CLIPVisionConfig(**sizes, num_attention_heads=2, image_size=56, patch_size=14)
    image = words.convert_tokens_to_ids("<image>")
    config = LlavaConfig(text_config=text, vision_config=eyes, image_token_id=image)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size=56),
        tokenizer=words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=SEEING,
    ).save_pretrained(folder)
    return folder
